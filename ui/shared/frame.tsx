import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useApp } from './app.js';
import { placeOf, usePlace } from './route.js';

/** The frame around all parts of an application: its name, the navigation, the user. */
export function Frame(props: {
  title: string;
  /** Titles of the sections by the first part of their place. The first section is also at no place at all. */
  sections: Record<string, string>;
  user: string;
  status: string;
  children: ComponentChildren;
}) {
  const { client, door, t } = useApp();
  const { path } = usePlace();
  const content = useRef<HTMLElement>(null);
  const current = path[0] ?? Object.keys(props.sections)[0];
  const title = props.sections[current] ?? props.title;
  const place = path.join('/');
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = `${title} - ${door.product}`;
    // The heading, so that screen readers announce the new content; not when the application opens.
    if (!isFirst.current) content.current?.querySelector('h1')?.focus();
    isFirst.current = false;
  }, [place, title]);
  return (
    <>
      <a class="skip" href="#content" onClick={(event) => (event.preventDefault(), content.current?.focus())}>
        {t.skip}
      </a>
      <header class="top">
        <b>
          <span class="logo" aria-hidden="true">
            {Array.from(door.product)[0]?.toUpperCase()}
          </span>
          {door.product} <span class="quiet">{props.title}</span>
        </b>
        <nav>
          {Object.entries(props.sections).map(([section, text]) => (
            <a
              key={section}
              href={placeOf([section])}
              aria-current={section === current ? 'page' : undefined}
            >
              {text}
            </a>
          ))}
        </nav>
        <span class="user">
          {props.user}
          <button type="button" class="link" onClick={() => void client.signOut().catch(() => undefined)}>
            {t.signOut}
          </button>
        </span>
      </header>
      <main ref={content} tabIndex={-1} id="content">
        <p role="status" class="done">
          {props.status}
        </p>
        {props.children}
      </main>
    </>
  );
}
