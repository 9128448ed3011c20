import { Action } from '../../shared/action.js';
import { Time } from '../../shared/listing.js';
import { useAccount } from '../context.js';
import { Rename } from '../rename.js';

/** Something with which the user signs in. */
interface Item {
  readonly id: string;
  readonly name: string;
  readonly at: string;
  /** When it was used last. */
  readonly used: string | null;
}

/** Passkeys, apps or identities, each with its buttons. */
export function FactorList(props: {
  items: readonly Item[];
  /** Absent if the names are not those of the user. */
  rename?: (id: string, name: string) => Promise<unknown>;
  remove: (id: string) => Promise<unknown>;
  /** Asks whether the user is sure. */
  removeText: (name: string) => string;
}) {
  const { t } = useAccount();
  const { items, rename, remove } = props;
  if (items.length === 0) return <p class="quiet">{t.none}</p>;
  return (
    <ul class="things">
      {items.map(({ id, name, at, used }) => (
        <li key={id}>
          <span>
            <b>{name}</b>
            <small>
              {t.added} <Time at={at} />
              {used && (
                <>
                  {' · '}
                  {t.used} <Time at={used} />
                </>
              )}
            </small>
          </span>
          <span class="pair">
            {rename && <Rename name={name} rename={(changed) => rename(id, changed)} />}
            <Action
              danger
              title={t.remove}
              subject={name}
              text={props.removeText(name)}
              work={async () => {
                await remove(id);
                return t.removed;
              }}
            />
          </span>
        </li>
      ))}
    </ul>
  );
}
