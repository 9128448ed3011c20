import { createHash, createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import Fastify, { LogController } from 'fastify';
import { jwtVerify } from 'jose';
import jwt from 'jsonwebtoken';
import pg from 'pg';

/** Task of a hand-written server; each server has one. */
export type Feat =
  /** `GET /users/me`: verifies the token with jsonwebtoken, and responds from memory. */
  | 'verify'
  /** The same, and writes a line about each request, as Astra does. */
  | 'verify-log'
  /** The same with jose. */
  | 'verify-jose'
  /** Verifies with jsonwebtoken, and queries the database for the user. */
  | 'select'
  /** `POST /auth/refresh`: one `UPDATE … RETURNING`, and one signed JWT. */
  | 'refresh';

/** Options, passed as JSON in the only argument. */
export interface HandWrittenOptions {
  feat: Feat;
  port: number;
  secretKey: string;
  databaseUrl: string;
  /** Responses to `GET /users/me` by user id. */
  users: Record<string, object>;
}

const ISSUER = { issuer: 'astra', audience: 'astra' };
const ACCESS_TOKEN_TTL = 900;

const { feat, port, secretKey, databaseUrl, users } = JSON.parse(process.argv[2]) as HandWrittenOptions;
// A KeyObject, created once: from a string, jsonwebtoken would create one per call.
const key = createSecretKey(Buffer.from(secretKey, 'utf8'));
const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });
const server = Fastify(
  feat === 'verify-log'
    ? {
        logger: lineFormat(),
        logController: new LogController({ disableRequestLogging: true }),
        genReqId: () => randomUUID(),
      }
    : {},
);

if (feat === 'verify-log') {
  server.decorateRequest('userId', '');
  server.addHook('onResponse', (request, reply, done) => {
    const { id, method, ip, routeOptions } = request;
    const line = {
      request_id: id,
      user_id: request.getDecorator<string>('userId'),
      ip,
      method,
      route: routeOptions.url,
      status: reply.statusCode,
      latency_ms: Math.round(reply.elapsedTime * 10) / 10,
    };
    server.log.info(line, `${method} ${routeOptions.url} ${reply.statusCode}`);
    done();
  });
  server.get('/api/v1/users/me', (request) => {
    const id = verify(request.headers.authorization);
    request.setDecorator('userId', id);
    return users[id];
  });
} else if (feat === 'verify') {
  server.get('/api/v1/users/me', async ({ headers }) => users[verify(headers.authorization)]);
} else if (feat === 'verify-jose') {
  server.get('/api/v1/users/me', async ({ headers }) => {
    const { payload } = await jwtVerify(bearer(headers.authorization), key, {
      algorithms: ['HS256'],
      ...ISSUER,
    });
    return users[payload.sub ?? ''];
  });
} else if (feat === 'select') {
  server.get('/api/v1/users/me', async ({ headers }) => {
    const { rows } = await pool.query<object>({
      name: 'me',
      text: `SELECT id, username, email, email_verified_at IS NOT NULL AS email_verified, full_name, role, kind,
                    is_active, '{}'::text[] AS factors, false AS must_enrol, created_at, updated_at
               FROM auth_users WHERE id = $1`,
      values: [verify(headers.authorization)],
    });
    return rows[0];
  });
} else {
  server.post<{ Body: { refresh_token: string } }>('/api/v1/auth/refresh', async ({ body }, reply) => {
    const [id, secret] = body.refresh_token.split('.');
    const successor = randomBytes(32).toString('base64url');
    const { rows } = await pool.query<{ user_id: string; role: string }>({
      name: 'rotate',
      text: `UPDATE bench_sessions
                SET token_hash = $3, last_used_at = now(), expires_at = now() + interval '7 days'
              WHERE id = $1 AND token_hash = $2 AND expires_at > now()
          RETURNING user_id, role`,
      values: [id, sha256(secret), sha256(successor)],
    });
    if (rows.length === 0) return reply.code(401).send({ detail: 'Invalid or expired refresh token' });
    const [{ user_id: subject, role }] = rows;
    return {
      access_token: jwt.sign({ sid: id, role }, key, {
        algorithm: 'HS256',
        ...ISSUER,
        subject,
        jwtid: randomUUID(),
        expiresIn: ACCESS_TOKEN_TTL,
      }),
      refresh_token: `${id}.${successor}`,
      token_type: 'bearer',
      expires_in: ACCESS_TOKEN_TTL,
    };
  });
}

server.get('/health', () => ({ status: 'ok' }));
process.once('SIGTERM', () => void Promise.all([server.close(), pool.end()]));
await server.listen({ port, host: '127.0.0.1' });

/** Lines like Astra's: the same fields, without the process id and the host. */
function lineFormat() {
  return {
    base: null,
    messageKey: 'message',
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (level: string) => ({ level }) },
  };
}

function bearer(authorization = ''): string {
  return authorization.slice('Bearer '.length);
}

function verify(authorization?: string): string {
  const claims = jwt.verify(bearer(authorization), key, { algorithms: ['HS256'], ...ISSUER });
  return (claims as jwt.JwtPayload).sub ?? '';
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
