import type { AdminUser, Role } from '../../../src/client/index.js';
import { Dialog } from '../../shared/dialog.js';
import { Choice, Field, Form, type Values } from '../../shared/form.js';
import { useConsole } from '../rights.js';

/** The form for a new account of a person or a program. */
export function NewUser(props: {
  kind: AdminUser['kind'];
  close: () => void;
  done: (user: AdminUser) => void;
}) {
  const { client, door, say, t } = useConsole();
  const isPerson = props.kind === 'person';
  const title = isPerson ? t.users.create : t.users.createService;
  const create = ({ username, email, full_name, role, password }: Values) => {
    const shared = { username, role: role as Role, ...(full_name && { full_name }) };
    return isPerson
      ? client.call('POST /admin/users', { body: { ...shared, email, ...(password && { password }) } })
      : client.call('POST /admin/service-accounts', { body: shared });
  };
  return (
    <Dialog title={title} close={props.close}>
      <p>{isPerson ? t.users.createText : t.users.createServiceText}</p>
      <Form
        button={title}
        cancel={props.close}
        send={async (values) => {
          const user = await create(values);
          say(t.users.created(user.username));
          props.done(user);
        }}
      >
        <Field name="username" label={t.users.username} autofocus />
        {isPerson && <Field name="email" label={t.users.email} type="email" />}
        <Field name="full_name" label={t.users.fullName} autocapitalize="words" />
        <Choice
          name="role"
          label={t.users.role}
          value="user"
          options={Object.fromEntries(door.roles.map((role) => [role, role]))}
        />
        {isPerson && (
          <Field name="password" label={t.users.password} type="password" autocomplete="new-password" />
        )}
      </Form>
    </Dialog>
  );
}
