import {
  type DynamicModule,
  type FactoryProvider,
  Injectable,
  Logger,
  Module,
  type ModuleMetadata,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { InvalidTokenError } from '../access/access.errors.js';
import { Authenticator } from '../access/authenticator.js';
import { JwtStrategy } from '../access/jwt.strategy.js';
import type { TokenHolder } from '../access/principal.js';
import type { Role } from '../access/role.js';
import { UnavailableError } from '../problem/problem.js';
import { TokenVerifier, type TokenVerifierOptions, VerifierUnavailableError } from './token-verifier.js';

/** Options that are known only once other providers are there. */
export interface VerifierAsyncOptions
  extends Pick<ModuleMetadata, 'imports'>, Pick<FactoryProvider, 'inject'> {
  useFactory: (...injected: never[]) => TokenVerifierOptions | Promise<TokenVerifierOptions>;
}

const OPTIONS = Symbol('astra:verifier-options');

/** Answers the guards' question from public keys and the revocation feed. */
@Injectable()
class RemoteAuthenticator extends Authenticator implements OnApplicationShutdown {
  private readonly verifier: TokenVerifier;

  constructor(options: TokenVerifierOptions) {
    super();
    const logger = new Logger('AstraVerifier');
    this.verifier = new TokenVerifier({ notice: (message) => logger.warn(message), ...options });
  }

  async authenticate(token: string): Promise<TokenHolder> {
    try {
      const claims = await this.verifier.verify(token);
      if (!claims) throw new InvalidTokenError();
      return { userId: claims.userId, sessionId: claims.sessionId, role: claims.role as Role };
    } catch (error) {
      if (error instanceof VerifierUnavailableError) throw new UnavailableError(undefined, 5, error);
      throw error;
    }
  }

  onApplicationShutdown(): Promise<void> {
    return this.verifier.stop();
  }
}

/**
 * For a service that has no access to the accounts: `@Authenticated()`, `@Roles()` and `@CurrentUser()` work there too,
 * with the access tokens of an Astra service elsewhere. `@CurrentUser()` is a {@link TokenHolder}.
 */
@Module({})
export class AstraVerifierModule {
  static forRoot(options: TokenVerifierOptions): DynamicModule {
    return AstraVerifierModule.forRootAsync({ useFactory: () => options });
  }

  static forRootAsync({ imports, inject, useFactory }: VerifierAsyncOptions): DynamicModule {
    return {
      module: AstraVerifierModule,
      imports,
      providers: [
        { provide: OPTIONS, inject, useFactory },
        {
          provide: Authenticator,
          inject: [OPTIONS],
          useFactory: (options: TokenVerifierOptions) => new RemoteAuthenticator(options),
        },
        JwtStrategy,
      ],
    };
  }
}
