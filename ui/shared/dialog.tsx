import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { useApp } from './app.js';

/** Dialogs that are open, and whether they are out of the way of the sign-in. */
const open = new Set<HTMLDialogElement>();
let isSuspended = false;

/** Takes the dialogs out of the way of the sign-in, above which they would stay. What was entered in them stays too. */
export function suspendDialogs(): void {
  isSuspended = true;
  for (const dialog of open) dialog.close();
}

/** Brings the dialogs back, after {@link suspendDialogs}. */
export function resumeDialogs(): void {
  if (!isSuspended) return;
  // The closings are announced as tasks of their own.
  setTimeout(() => {
    isSuspended = false;
    for (const dialog of open) dialog.showModal();
  });
}

/** A dialog above everything else. The browser keeps the focus in it, and returns it afterwards. */
export function Dialog(props: { title: string; close: () => void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const { current } = dialog;
    if (current) open.add(current);
    if (!isSuspended) current?.showModal();
    return () => {
      if (current) open.delete(current);
    };
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={() => isSuspended || props.close()}>
      <h2 id={id}>{props.title}</h2>
      {props.children}
    </dialog>
  );
}

/** Shows a secret once, with a button that copies it. */
export function SecretDialog(props: { title: string; text?: string; value: string; close: () => void }) {
  const { t } = useApp();
  const [isCopied, setCopied] = useState(false);
  const copy = () => navigator.clipboard.writeText(props.value).then(() => setCopied(true));
  return (
    <Dialog title={props.title} close={props.close}>
      {props.text && <p>{props.text}</p>}
      <p>{t.once}</p>
      <p>
        <code class="secret">{props.value}</code>
      </p>
      <p role="status">{isCopied ? t.copied : ''}</p>
      <div class="buttons">
        <button type="button" onClick={() => void copy()}>
          {t.copy}
        </button>
        <button type="button" class="secondary" onClick={props.close}>
          {t.close}
        </button>
      </div>
    </Dialog>
  );
}
