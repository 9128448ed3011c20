import { Get, HttpStatus, Logger, Param, Post, Redirect, Req, Res } from '@nestjs/common';
import { AstraPages } from '../../../access/astra-controller.decorator.js';
import { type Client, FromClient } from '../../../access/client.decorator.js';
import { Public } from '../../../access/public.decorator.js';
import { isForm } from '../../../http/input/forms.js';
import { errorText } from '../../../http/problem/error-text.js';
import { Problem } from '../../../http/problem/problem.js';
import type { AnyRequest } from '../../../http/request/request-id.js';
import { RateLimit } from '../../../rate-limit/rate-limit.decorator.js';
import { CallbackUrls } from '../../providers/callback-urls.js';
import { type ProviderAnswer, readName } from '../../providers/client/provider-client.js';
import { ProviderDirectory } from '../../providers/client/provider-directory.js';
import { OwnIdentitiesService } from '../../providers/identities/own-identities.service.js';
import { ProviderTrail } from '../../providers/provider-trail.js';
import type { Way } from '../../providers/way/way.js';
import { Ways } from '../../providers/way/ways.js';
import { ProviderAnswersService } from '../../providers/waiting/provider-answers.service.js';

/** Parameters of a response that mean something here (RFC 6749, 4.1.2; RFC 9207). Providers add others. */
const KNOWN = ['code', 'state', 'iss', 'error', 'error_description'];
/** Maximum length of a parameter. Codes of some providers have over 1 000 characters. */
const MAX_LENGTH = 4_096;

/** Request as an HTTP server has parsed it. */
type ParsedRequest = AnyRequest & { query?: unknown; body?: unknown };

/**
 * Target of the redirects of providers, by GET or, for `form_post`, with a cross-site POST. It is a page rather than
 * a route of the API: its URL is registered at the providers, so it has no version, and the parameters are theirs.
 */
@AstraPages('auth/providers')
export class ProviderCallbackController {
  private readonly logger = new Logger('Providers');

  constructor(
    private readonly providers: ProviderDirectory,
    private readonly urls: CallbackUrls,
    private readonly ways: Ways,
    private readonly answers: ProviderAnswersService,
    private readonly own: OwnIdentitiesService,
    private readonly trail: ProviderTrail,
  ) {}

  /** Response in the query, the default of OAuth 2.0. */
  @Get(':name/callback')
  @Public()
  @RateLimit('sign-in')
  @Redirect(undefined, HttpStatus.SEE_OTHER)
  byQuery(
    @Param('name') name: string,
    @FromClient() client: Client,
    @Req() request: ParsedRequest,
    @Res({ passthrough: true }) response: object,
  ): Promise<{ url: string }> {
    return this.end(name, textsOf(request.query), client, request, response);
  }

  /** Response in a form that the provider has the browser post (OAuth 2.0 Form Post Response Mode). */
  @Post(':name/callback')
  @Public()
  @RateLimit('sign-in')
  @Redirect(undefined, HttpStatus.SEE_OTHER)
  byForm(
    @Param('name') name: string,
    @FromClient() client: Client,
    @Req() request: ParsedRequest,
    @Res({ passthrough: true }) response: object,
  ): Promise<{ url: string }> {
    return this.end(name, isForm(request) ? textsOf(request.body) : {}, client, request, response);
  }

  /**
   * Ends a sign-in at the URL that the app has chosen: with a token, `linked`, or the code of the problem. Only without a
   * valid state, the problem itself is the response, because the URL of the app is in the cookie.
   */
  private async end(
    name: string,
    given: Record<string, string>,
    client: Client,
    request: ParsedRequest,
    response: object,
  ): Promise<{ url: string }> {
    this.providers.get(name);
    const way = await this.ways.resume(name, given.state ?? '', request);
    this.ways.forget(name, response);
    const target = new URL(way.redirectTo);
    const [parameter, value] = await this.settle(name, way, given, client).catch((error: unknown) => {
      if (error instanceof Problem) return ['error', error.code] as const;
      this.logger.error(`A response of ${name} could not be processed: ${errorText(error)}`);
      return ['error', 'internal-error'] as const;
    });
    target.searchParams.set(parameter, value);
    return { url: target.href };
  }

  /**
   * Processes a response that belongs to a sign-in of this browser.
   *
   * @returns the parameter for the URL of the app.
   */
  private async settle(
    name: string,
    way: Way,
    given: Record<string, string>,
    client: Client,
  ): Promise<readonly [parameter: string, value: string]> {
    const answered = new URL(this.urls.of(name));
    for (const parameter of KNOWN)
      if (given[parameter] !== undefined) answered.searchParams.set(parameter, given[parameter]);
    const exchange = () => this.providers.get(name).exchange(answered, way);
    const answer = withNameOf(given.user, await this.trail.watch(name, client, exchange));
    if (way.linking) {
      await this.own.link(answer, way.linking, client);
      return ['linked', name];
    }
    return ['sign_in_token', await this.answers.keep(answer, way.challenge ?? '')];
  }
}

/** Returns the parameters that are texts of bearable length. */
function textsOf(parsed: unknown): Record<string, string> {
  const all = Object.entries((parsed ?? {}) as Record<string, unknown>);
  return Object.fromEntries(
    all.filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1].length <= MAX_LENGTH,
    ),
  );
}

/**
 * Adds the name that Apple has the browser send, with the first sign-in only. It is not signed, so it is nothing but a
 * suggestion for a new account.
 */
function withNameOf(user: string | undefined, answer: ProviderAnswer): ProviderAnswer {
  if (user === undefined || answer.identity.fullName !== null) return answer;
  try {
    const { name } = JSON.parse(user) as { name?: { firstName?: unknown; lastName?: unknown } };
    const parts = [name?.firstName, name?.lastName].filter((part) => typeof part === 'string');
    return { ...answer, identity: { ...answer.identity, fullName: readName(parts.join(' ')) } };
  } catch {
    return answer;
  }
}
