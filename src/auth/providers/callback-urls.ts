import { Injectable } from '@nestjs/common';
import { AuthSettings } from '../../settings/auth-settings.js';

/** URLs of Astra's routes for providers, as browsers reach them. A provider has to know its callback, exactly. */
@Injectable()
export class CallbackUrls {
  private callbacks: string;
  private api: string;

  constructor(private readonly settings: AuthSettings) {
    this.callbacks = settings.publicUrl;
    this.api = settings.publicUrl;
  }

  /**
   * Sets the paths at which the application serves the routes.
   *
   * @param paths - That of the callbacks, which have no version, and that of the API. Empty, or with a leading slash.
   *   `publicUrl` may already end with one of them.
   */
  serveBelow(paths: { callback: string; api: string }): void {
    const { publicUrl } = this.settings;
    const inUrl = [paths.api, paths.callback]
      .sort((a, b) => b.length - a.length)
      .find((path) => path !== '' && new URL(publicUrl).pathname.endsWith(path));
    const root = publicUrl.slice(0, publicUrl.length - (inUrl?.length ?? 0));
    this.callbacks = root + paths.callback;
    this.api = root + paths.api;
  }

  /** Returns the URL to which a provider sends its responses. */
  of(name: string): string {
    return `${this.callbacks}/auth/providers/${name}/callback`;
  }

  /** Returns the URL at which a browser begins to sign in with a provider. */
  authorizeUrlOf(name: string): string {
    return `${this.api}/auth/providers/${name}/authorize`;
  }
}
