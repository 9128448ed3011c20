import { AstraPages } from '../access/astra-controller.decorator.js';
import { AccountPages } from './account-pages.js';
import { Page } from './page.decorator.js';

/**
 * Serves the console for admins and moderators: the sign-in page, which opens the console. What somebody may see and do
 * there is decided by the API alone.
 */
@AstraPages('console')
export class ConsoleController {
  constructor(private readonly pages: AccountPages) {}

  @Page('')
  console(): string {
    return this.pages.html('console');
  }
}
