import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { isProblem } from '../../src/client/index.js';
import { useApp } from './app.js';
import { fieldMessages, sentenceOf } from './problems.js';

/** Values of a form by the names of its fields. An unchecked box is absent. */
export type Values = Record<string, string>;

/**
 * A form whose values are sent to the API. Messages about fields appear below them, others below the button; what was entered
 * stays until it was accepted.
 */
export function Form(props: {
  button: string;
  /** Sends the values. The form is reset after it, unless it throws. */
  send: (values: Values) => Promise<void>;
  cancel?: () => void;
  danger?: boolean;
  /** Codes of messages that are more exact than those of the problems. */
  renamed?: Readonly<Record<string, string>>;
  children: ComponentChildren;
}) {
  const app = useApp();
  const { t } = app;
  const form = useRef<HTMLFormElement>(null);
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);

  /** Shows the messages at their fields. Returns those for which there is no field. */
  const showErrors = (rest: Map<string, string>): string[] => {
    let first: HTMLElement | undefined;
    for (const field of form.current?.querySelectorAll<HTMLInputElement>('[name]') ?? []) {
      const message = rest.get(field.name);
      rest.delete(field.name);
      field.ariaInvalid = message ? 'true' : null;
      const place = document.getElementById(field.getAttribute('aria-errormessage') ?? '');
      if (place) place.textContent = message ?? '';
      if (message) first ??= field;
    }
    first?.focus();
    return [...rest.values()];
  };

  const submit = async (event: Event) => {
    event.preventDefault();
    if (isBusy || !form.current) return;
    setBusy(true);
    setError(null);
    showErrors(new Map());
    const values: Values = {};
    for (const [name, value] of new FormData(form.current))
      if (typeof value === 'string') values[name] = value;
    try {
      await props.send(values);
      form.current?.reset();
    } catch (failure) {
      const others = isProblem(failure) ? showErrors(fieldMessages(failure, app)) : [];
      const hasFields = isProblem(failure, 'invalid-input');
      setError(hasFields ? (others[0] ?? null) : sentenceOf(failure, app, props.renamed));
    } finally {
      setBusy(false);
    }
  };

  return (
    <form ref={form} method="post" noValidate onSubmit={(event) => void submit(event)}>
      {props.children}
      <p class="alert" role="alert">
        {error}
      </p>
      <div class="buttons">
        <button class={props.danger ? 'danger' : undefined} aria-disabled={isBusy}>
          {props.button}
        </button>
        {props.cancel && (
          <button type="button" class="secondary" onClick={props.cancel}>
            {t.cancel}
          </button>
        )}
      </div>
    </form>
  );
}

/** Attributes of an input. */
export interface InputProps {
  label: string;
  hint?: string;
  /** As in the body of the request. */
  name: string;
  type?: 'text' | 'password' | 'email' | 'url' | 'search' | 'date' | 'number';
  min?: number;
  max?: number;
  autocomplete?: string;
  autocapitalize?: 'words';
  inputMode?: 'numeric';
  autofocus?: boolean;
  defaultValue?: string;
  placeholder?: string;
}

/** A labelled field of a {@link Form}. */
export function Field({ label, hint, type = 'text', ...input }: InputProps) {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  // The browser itself does so only when a dialog opens, not for what appears in it later.
  useEffect(() => {
    if (input.autofocus) field.current?.focus();
  }, []);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <input
        ref={field}
        {...{ autocomplete: 'off', autocapitalize: 'none', spellcheck: false, ...input }}
        {...{ id, type: type as 'text' }}
        aria-describedby={hint && `${id}-hint`}
        aria-errormessage={`${id}-error`}
      />
      <p class="error" id={`${id}-error`} role="alert" />
    </div>
  );
}

/** A choice of one of several values. */
export function Choice({
  label,
  options,
  ...select
}: {
  label: string;
  name: string;
  /** Texts by value. */
  options: Record<string, string>;
} & JSX.IntrinsicElements['select']) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select {...select} id={id} aria-errormessage={`${id}-error`}>
        {Object.entries(options).map(([value, text]) => (
          <option key={value} value={value} selected={value === select.value}>
            {text}
          </option>
        ))}
      </select>
      <p class="error" id={`${id}-error`} role="alert" />
    </div>
  );
}

/** A box to tick, whose value is `on`. */
export function Tick({ label, ...input }: { label: string; name: string; defaultChecked?: boolean }) {
  return (
    <label class="tick">
      <input type="checkbox" {...input} /> {label}
    </label>
  );
}
