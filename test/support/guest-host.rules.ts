// What an application that is not ours has for all of its routes: whom it lets in, what it takes, how it answers.
import {
  type ArgumentsHost,
  type CallHandler,
  Catch,
  type ExceptionFilter,
  type ExecutionContext,
  HttpException,
  Injectable,
  Module,
  type NestInterceptor,
  SetMetadata,
  type ValidationPipeOptions,
} from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpAdapterHost, Reflector } from '@nestjs/core';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import passport from 'passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { map } from 'rxjs';
import { isAstraRoute } from '../../src/index.js';

const HOST_PUBLIC = 'host:public';

/** The host's own way to say that anyone may call a route. */
export const HostPublic = () => SetMetadata(HOST_PUBLIC, true);

export const HOST_SECRET = 'the secret of the host, not of its guest';

/** The host's own strategy, of the name that everybody gives it. */
@Injectable()
class HostJwtStrategy extends PassportStrategy(Strategy, 'jwt') {
  constructor() {
    super({ jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(), secretOrKey: HOST_SECRET });
  }

  validate({ sub }: { sub: string }) {
    return { name: sub };
  }
}

@Module({ providers: [HostJwtStrategy] })
export class HostAuthModule {}

/** The same, whose strategy is registered once Astra's is. */
@Module({
  providers: [
    {
      provide: HostJwtStrategy,
      useFactory: async () => {
        while (!('astra-jwt' in (Reflect.get(passport, '_strategies') as object))) await sleep(5);
        return new HostJwtStrategy();
      },
    },
  ],
})
export class LateHostAuthModule {}

/** Closes every route but those that are public. */
@Injectable()
export class HostGuard extends AuthGuard('jwt') {
  constructor(
    private readonly reflector: Reflector,
    private readonly sparesAstra: boolean,
  ) {
    super();
  }

  override canActivate(context: ExecutionContext) {
    const isPublic = this.reflector.get<boolean | undefined>(HOST_PUBLIC, context.getHandler());
    return isPublic || (this.sparesAstra && isAstraRoute(context)) || super.canActivate(context);
  }
}

/** Options under which a ValidationPipe would empty every DTO of ours, and then miss what was in it. */
export const HOST_VALIDATION: ValidationPipeOptions = {
  transform: true,
  whitelist: true,
  validateCustomDecorators: true,
  transformOptions: { excludeExtraneousValues: true, enableImplicitConversion: true },
};

/** Wraps the answers of the host's routes. */
@Injectable()
export class HostInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    const isOwnAnswer = context.getType() === 'http' && !isAstraRoute(context);
    return !isOwnAnswer ? next.handle() : next.handle().pipe(map((data: unknown) => ({ data })));
  }
}

/** As Nest's manual shows it: an HttpException by its status, and all else as 500. */
@Catch()
@Injectable()
export class HostFilter implements ExceptionFilter {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(error: unknown, context: ArgumentsHost): void {
    if (context.getType() !== 'http') throw error;
    const [status, message] =
      error instanceof HttpException ? [error.getStatus(), error.message] : [500, 'Oh no'];
    const response = context.switchToHttp().getResponse<object>();
    this.adapterHost.httpAdapter.reply(response, { host: true, status, message }, status);
  }
}
