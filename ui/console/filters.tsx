import type { ComponentChildren } from 'preact';
import { useId, useRef } from 'preact/hooks';
import type { InputProps } from '../shared/form.js';
import { refine, usePlace } from '../shared/route.js';

/** Milliseconds without a key after which a text counts: not noticed, but longer than between the keys that repeat. */
const PAUSE = 35;

/** The filters of a list. */
export function Filters({ children }: { children: ComponentChildren }) {
  return (
    <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      {children}
    </form>
  );
}

/** A text by which a list is filtered, as a parameter of the place. */
export function Filter({ label, name, type = 'text', placeholder }: InputProps) {
  const id = useId();
  const { query } = usePlace();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const change = (value: string) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => refine({ [name]: value.trim() }), PAUSE);
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        {...{ autocomplete: 'off', autocapitalize: 'none', spellcheck: false, placeholder }}
        {...{ id, type: type as 'text' }}
        defaultValue={query.get(name) ?? ''}
        onInput={({ currentTarget }) => change(currentTarget.value)}
      />
    </div>
  );
}

/** One of several values by which a list is filtered or sorted. */
export function FilterChoice(props: {
  label: string;
  value: string;
  options: Record<string, string>;
  change: (value: string) => void;
}) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <select id={id} onChange={({ currentTarget }) => props.change(currentTarget.value)}>
        {Object.entries(props.options).map(([value, text]) => (
          <option key={value} value={value} selected={value === props.value}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}
