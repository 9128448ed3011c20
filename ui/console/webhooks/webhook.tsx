import { useState } from 'preact/hooks';
import { Action } from '../../shared/action.js';
import { Dialog, SecretDialog } from '../../shared/dialog.js';
import { Field, Form } from '../../shared/form.js';
import { go, placeOf } from '../../shared/route.js';
import { Failure } from '../../shared/listing.js';
import { useReading } from '../../shared/work.js';
import { useConsole } from '../rights.js';
import { Deliveries } from './deliveries.js';
import { State, typesOf } from './parts.js';

/** One webhook with its deliveries. */
export function WebhookPlace({ id }: { id: string }) {
  const { client, say, t } = useConsole();
  const path = { id };
  const {
    value: webhook,
    error,
    again,
  } = useReading(id, (signal) => client.call('GET /admin/webhooks/{id}', { path }, { signal }));
  const [isEditing, setEditing] = useState(false);
  const [secret, setSecret] = useState<string>();
  const closeForm = () => setEditing(false);
  return (
    <>
      <p>
        <a href={placeOf(['webhooks'])}>← {t.webhooks.back}</a>
      </p>
      <h1 tabIndex={-1}>{webhook?.url ?? t.sections.webhooks}</h1>
      <Failure {...{ error, again }} />
      {webhook && (
        <>
          <p>
            <State webhook={webhook} />
          </p>
          <dl class="facts">
            <div>
              <dt>{t.webhooks.types}</dt>
              <dd>
                <code>{webhook.types.join(', ')}</code>
              </dd>
            </div>
            <div>
              <dt>{t.webhooks.description}</dt>
              <dd>{webhook.description ?? '-'}</dd>
            </div>
          </dl>
          <div class="buttons">
            <button type="button" onClick={() => setEditing(true)}>
              {t.users.edit}
            </button>
            <Action
              title={t.webhooks.test}
              text={webhook.url}
              work={async () => {
                await client.call('POST /admin/webhooks/{id}/test', { path });
                return t.webhooks.tested;
              }}
            />
            <Action
              title={webhook.enabled ? t.webhooks.disable : t.webhooks.enable}
              text={webhook.enabled ? t.webhooks.disableText : webhook.url}
              work={async () => {
                await client.call('PATCH /admin/webhooks/{id}', {
                  path,
                  body: { enabled: !webhook.enabled },
                });
                again();
                return t.webhooks.saved;
              }}
            />
            <Action
              title={t.webhooks.rotate}
              text={t.webhooks.rotateText}
              work={async () => {
                setSecret((await client.call('POST /admin/webhooks/{id}/secret', { path, body: {} })).secret);
                return t.webhooks.rotateText;
              }}
            />
            <Action
              danger
              title={t.webhooks.remove}
              text={t.webhooks.removeText}
              work={async () => {
                await client.call('DELETE /admin/webhooks/{id}', { path });
                go(['webhooks']);
                return t.webhooks.removed;
              }}
            />
          </div>
          <Deliveries id={id} />
        </>
      )}
      {webhook && isEditing && (
        <Dialog title={t.users.edit} close={closeForm}>
          <Form
            button={t.save}
            cancel={closeForm}
            send={async ({ url, types, description }) => {
              const body = { types: typesOf(types), description, ...(url !== webhook.url && { url }) };
              await client.call('PATCH /admin/webhooks/{id}', { path, body });
              say(t.webhooks.saved);
              closeForm();
              again();
            }}
          >
            <Field name="url" label={t.webhooks.url} type="url" defaultValue={webhook.url} autofocus />
            <Field
              name="types"
              label={t.webhooks.types}
              hint={t.webhooks.typesHint}
              defaultValue={webhook.types.join(', ')}
            />
            <Field
              name="description"
              label={t.webhooks.description}
              defaultValue={webhook.description ?? ''}
            />
          </Form>
        </Dialog>
      )}
      {secret && (
        <SecretDialog
          title={t.webhooks.secret}
          text={t.webhooks.secretText}
          value={secret}
          close={() => setSecret(undefined)}
        />
      )}
    </>
  );
}
