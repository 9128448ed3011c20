import { refusals } from '../../../test/support/variables.js';
import { readEnvironment, type Variables } from '../../env.js';

describe('an unknown name', () => {
  it.each([
    ['SECRET_KEYS', 'SECRET_KEY'],
    ['SECERT_KEY', 'SECRET_KEY'],
    ['secret_key', 'SECRET_KEY'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['DATABSE_ULR', 'DATABASE_URL'],
    ['PUBLICURL', 'PUBLIC_URL'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['NODE_EVN', 'NODE_ENV'],
    ['REFRESH_TOKEN_EXPIRE_DAYS', 'REFRESH_TOKEN_EXPIRE_MINUTES'],
    ['POSTGRES_HOSTNAME', 'POSTGRES_HOST'],
    ['POSTGRES_PASSWORD_FIEL', 'POSTGRES_PASSWORD_FILE'],
    ['JWT_ALGORITHM', 'ALGORITHM'],
    ['TRUSTED_PROXY', 'TRUSTED_PROXIES'],
  ])('%s is refused wherever it comes from, and %s is proposed', (name, meant) => {
    const line = `${name} is not a setting; did you mean ${meant}?`;
    expect(refusals({ [name]: 'canary' })).toEqual([line]);
    expect(refusals({ [name]: 'canary' }, [name])).toEqual([line]);
  });

  it('is refused without a proposal in our own .env if it resembles none', () => {
    expect(refusals({ ASTRA_CONFIG: 'canary' }, ['ASTRA_CONFIG'])).toEqual([
      'ASTRA_CONFIG is not a setting, see .env.example',
    ]);
  });

  it.each([
    ...['ASTRA_ENV', 'ASTRA_CONFIG', 'EMAIL_HOST', 'EMAIL_HOST_USER', 'JWT_SECRET', 'POSTGRES_EXPORTER_URL'],
    ...['SMTP_HOST', 'SMTP_PORT', 'SESSION_STORE', 'ADMIN_SITE_HEADER', 'MAIL_DRIVER', 'METRICS_ENABLED'],
    ...['CORS_ALLOWED_HEADERS', 'JWT_EXPIRES_IN', 'POSTGRES_MAX_CONNECTIONS', 'PASSWORD_RESET_TIMEOUT'],
  ])('%s is ignored with a line, as variables of a shared ConfigMap are, but not in our own .env', (name) => {
    expect(readEnvironment({ [name]: 'canary' }).warnings).toEqual([
      `Ignored unknown variables: ${name}. The settings are in .env.example.`,
    ]);
    expect(refusals({ [name]: 'canary' }, [name])).toEqual([
      expect.stringMatching(`^${name} is not a setting`),
    ]);
  });

  it('of a service link is no setting, whatever the Service is called', () => {
    const ofService = (name: string, ip: string, port: number) => ({
      [`${name}_SERVICE_HOST`]: ip,
      [`${name}_SERVICE_PORT`]: String(port),
      [`${name}_SERVICE_PORT_HTTP`]: String(port),
      [`${name}_PORT`]: `tcp://${ip}:${port}`,
      [`${name}_PORT_${port}_TCP`]: `tcp://${ip}:${port}`,
      [`${name}_PORT_${port}_TCP_PROTO`]: 'tcp',
      [`${name}_PORT_${port}_TCP_PORT`]: String(port),
      [`${name}_PORT_${port}_TCP_ADDR`]: ip,
    });
    const services = [
      'POSTGRES',
      'POSTGRES_TEST',
      'METRICS',
      'ASTRA',
      'REDIS',
      'MAIL',
      'SMTP',
      'ADMIN',
      'JWT',
    ];
    const links = services.map((name, i) => ofService(name, `10.96.0.${i}`, 5432 + i));
    const variables = Object.assign({ POSTGRES_HOST: 'postgres' }, ...links) as Variables;
    expect(readEnvironment(variables)).toEqual({
      ...readEnvironment({ POSTGRES_HOST: 'postgres' }),
      warnings: [
        'Ignored Kubernetes service links that are named like a setting: POSTGRES_TEST_PORT, POSTGRES_PORT, ' +
          'METRICS_PORT. Set the setting to have its own value, or enableServiceLinks to false in the pod.',
      ],
    });
    expect(refusals({ POSTGRES_PROT: 'tcp://10.96.0.12:5432' })).toEqual([
      'POSTGRES_PROT is not a setting; did you mean POSTGRES_PORT?',
    ]);
  });

  it.each([
    ['PROT', 'PORT'],
    ['HOTS', 'HOST'],
    ['DOC', 'DOCS'],
    ['port', 'PORT'],
  ])('%s is refused in our own .env, where %s is proposed, but may belong to the machine', (name, meant) => {
    expect(refusals({ [name]: '1' }, [name])).toEqual([`${name} is not a setting; did you mean ${meant}?`]);
    expect(refusals({ [name]: '1' })).toEqual([]);
  });

  it('is let be in our own .env if it is short and two slips away', () => {
    expect(refusals({ HOME: '/', TEST: '1' }, ['HOME', 'TEST'])).toEqual([]);
  });

  it('is let be if it is empty', () => {
    expect(refusals({ POSTGRES_HOSTNAME: '' })).toEqual([]);
  });

  it('is let be if it belongs to others', () => {
    const machine =
      `PATH HOME HOSTNAME HOSTTYPE PWD OLDPWD SHELL SHLVL TERM LANG LC_ALL LOGNAME USER MAIL EMAIL EDITOR TZ
      TMPDIR DISPLAY SESSION_MANAGER XDG_DATA_DIRS XDG_RUNTIME_DIR NODE NODE_VERSION NODE_OPTIONS NODE_PATH INIT_CWD
      npm_config_user_agent npm_package_name JAVA_HOME HTTP_PROXY no_proxy CI GITHUB_REF PGDATA PGHOST PGPASSWORD
      POSTGRES_INITDB_ARGS POSTGRES_HOST_AUTH_METHOD PASSWORD_STORE_DIR COMPOSE_PROJECT_NAME REDIS_TLS_URL
      KUBERNETES_PORT_443_TCP_ADDR POSTGRES_SERVICE_HOST POSTGRES_PORT_5432_TCP ASTRA_SERVICE_PORT_HTTP`.split(
        /\s+/,
      );
    expect(refusals(Object.fromEntries(machine.map((name) => [name, 'x'])))).toEqual([]);
    expect(refusals({ ASTRA_PORT: 'tcp://10.0.0.1:8000' })).toEqual([]);
  });
});
