import { Action } from '../../shared/action.js';
import { Field, Form } from '../../shared/form.js';
import { useAccount } from '../context.js';

/** The password: changed, removed, or set again. */
export function Password(props: { hasPassword: boolean; isRemovable: boolean; changed: () => void }) {
  const { client, door, me, say, t } = useAccount();
  const { hasPassword } = props;
  return (
    <section aria-labelledby="own-password">
      <h2 id="own-password">{t.password}</h2>
      <p>{hasPassword ? t.passwords.text : t.passwords.noneText}</p>
      <Form
        button={hasPassword ? t.passwords.change : t.passwords.set}
        renamed={{ 'invalid-credentials': 'invalid-password' }}
        send={async ({ current_password, new_password }) => {
          if (hasPassword)
            await client.call('POST /users/me/password', { body: { current_password, new_password } });
          else await client.call('PUT /users/me/password', { body: { new_password } });
          say(t.passwords.changed);
          props.changed();
        }}
      >
        {/* Tells password managers whose password it is. */}
        <input type="text" autocomplete="username" value={me.username} readOnly hidden />
        {hasPassword && (
          <Field
            name="current_password"
            label={t.passwords.current}
            type="password"
            autocomplete="current-password"
          />
        )}
        <Field
          name="new_password"
          label={t.passwords.new}
          hint={`${door.rules.join('. ')}.`}
          type="password"
          autocomplete="new-password"
        />
      </Form>
      {hasPassword && props.isRemovable && (
        <Action
          danger
          title={t.passwords.remove}
          text={t.passwords.removeText}
          work={async () => {
            await client.call('DELETE /users/me/password');
            props.changed();
            return t.passwords.removed;
          }}
        />
      )}
    </section>
  );
}
