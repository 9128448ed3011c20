import { AccountEvent } from '../../users/events/account-events.js';

/** Event: a user has removed the password of the account, and signs in with a passkey. */
export class PasswordRemoved extends AccountEvent {}
