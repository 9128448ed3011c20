import { AccountWindow } from './account-window.js';
import { ada } from './test-service.js';

/** Parts of an application after the sign-in, such as the console, as its users find them. */
export class AppWindow {
  /**
   * @param current - Returns the window of the test that runs.
   * @param url - Of the application.
   */
  constructor(
    private readonly current: () => AccountWindow,
    private readonly url: string,
  ) {}

  readonly heading = (name: string) =>
    this.current().page.getByRole('heading', { level: 1, name, exact: true }).waitFor();

  readonly status = (text: string) =>
    this.current().page.getByRole('status').filter({ hasText: text }).waitFor();

  readonly dialog = () => this.current().page.getByRole('dialog');

  readonly row = (text: string) => this.current().page.getByRole('row').filter({ hasText: text });

  /** Presses a button of the dialog that is open. */
  readonly confirm = (button: string) =>
    this.dialog().getByRole('button', { name: button, exact: true }).click();

  readonly enterPassword = async (username: string, password = ada.password): Promise<void> => {
    const window = this.current();
    await window.fill('Username or email address', username);
    await window.fill('Password', password);
    await window.press('Sign in');
  };

  /** Opens the application as a user, at a place in it. */
  readonly openAs = async (username: string, place = ''): Promise<void> => {
    await this.current().goto(this.url + place);
    await this.enterPassword(username);
  };
}
