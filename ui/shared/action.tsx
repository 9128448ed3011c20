import { useState } from 'preact/hooks';
import { useApp } from './app.js';
import { Dialog } from './dialog.js';
import { useWork } from './work.js';

/** A button that asks whether its user is sure, and then does its work. */
export function Action(props: {
  title: string;
  /** What it is about, where several buttons have the same title. */
  subject?: string;
  text: string;
  danger?: boolean;
  /** Returns what to say when it is done. */
  work: () => Promise<string>;
}) {
  const { t } = useApp();
  const { isBusy, error, run } = useWork();
  const [isAsking, setAsking] = useState(false);
  const close = () => setAsking(false);
  const confirm = async () => {
    if (await run(props.work)) close();
  };
  const style = props.danger ? 'danger' : undefined;
  return (
    <>
      <button
        type="button"
        class={props.danger ? 'secondary danger' : 'secondary'}
        aria-label={props.subject && `${props.title}: ${props.subject}`}
        onClick={() => setAsking(true)}
      >
        {props.title}
      </button>
      {isAsking && (
        <Dialog title={props.title} close={close}>
          <p>{props.text}</p>
          <p class="alert" role="alert">
            {error}
          </p>
          <div class="buttons">
            <button type="button" class={style} aria-disabled={isBusy} onClick={() => void confirm()}>
              {props.title}
            </button>
            <button type="button" class="secondary" onClick={close}>
              {t.cancel}
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}
