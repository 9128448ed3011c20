import { useState } from 'preact/hooks';
import { Dialog } from '../shared/dialog.js';
import { Field, Form } from '../shared/form.js';
import { useAccount } from './context.js';

/** A button to rename something: a passkey, an app, a key. */
export function Rename({ name, rename }: { name: string; rename: (name: string) => Promise<unknown> }) {
  const { say, t } = useAccount();
  const [isOpen, setOpen] = useState(false);
  const close = () => setOpen(false);
  return (
    <>
      <button
        type="button"
        class="secondary"
        aria-label={`${t.rename}: ${name}`}
        onClick={() => setOpen(true)}
      >
        {t.rename}
      </button>
      {isOpen && (
        <Dialog title={t.rename} close={close}>
          <Form
            button={t.save}
            cancel={close}
            send={async (values) => {
              await rename(values.name);
              close();
              say(t.renamed);
            }}
          >
            <Field name="name" label={t.name} defaultValue={name} autofocus />
          </Form>
        </Dialog>
      )}
    </>
  );
}
