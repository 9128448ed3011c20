import { Field, Form } from '../shared/form.js';
import { Action } from '../shared/action.js';
import { useAccount } from './context.js';

/** Names and email address of the user. */
export function Profile() {
  const { t } = useAccount();
  return (
    <>
      <h1 tabIndex={-1}>{t.sections.profile}</h1>
      <Names />
      <EmailAddress />
    </>
  );
}

function Names() {
  const { client, me, setMe, say, t } = useAccount();
  return (
    <Form
      button={t.save}
      send={async ({ username, full_name }) => {
        const body = {
          ...(username !== me.username && { username }),
          ...(full_name !== (me.full_name ?? '') && { full_name }),
        };
        if (Object.keys(body).length > 0) setMe(await client.call('PATCH /users/me', { body }));
        say(t.profile.saved);
      }}
    >
      <Field name="username" label={t.profile.username} autocomplete="username" defaultValue={me.username} />
      <Field
        name="full_name"
        label={t.profile.fullName}
        autocomplete="name"
        autocapitalize="words"
        defaultValue={me.full_name ?? ''}
      />
    </Form>
  );
}

/** The email address, which changes when the user opens the link in the message to the new one. */
function EmailAddress() {
  const { client, has, me, say, t } = useAccount();
  const { email, email_verified } = me;
  return (
    <section aria-labelledby="own-email">
      <h2 id="own-email">{t.profile.email}</h2>
      <p>
        {email}{' '}
        <span class={email_verified ? 'good' : 'bad'}>
          {email_verified ? t.profile.verified : t.profile.notVerified}
        </span>
      </p>
      {has('mail') && email && !email_verified && (
        <div class="buttons">
          <Action
            title={t.profile.verify}
            text={t.profile.verifyText(email)}
            work={async () => {
              await client.call('POST /auth/verify-email/request', { body: { email } });
              return t.profile.linkSent(email);
            }}
          />
        </div>
      )}
      {has('mail') && (
        <Form
          button={t.profile.changeEmail}
          send={async ({ new_email }) => {
            await client.call('POST /users/me/email', { body: { new_email } });
            say(t.profile.linkSent(new_email));
          }}
        >
          <Field
            name="new_email"
            label={t.profile.newEmail}
            hint={t.profile.newEmailHint}
            type="email"
            autocomplete="email"
          />
        </Form>
      )}
    </section>
  );
}
