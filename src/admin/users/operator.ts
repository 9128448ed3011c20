import type { Client } from '../../access/client.decorator.js';
import type { Principal } from '../../access/principal.js';

/** Admin or moderator who makes a change, and the client that sent the request. */
export interface Operator {
  principal: Principal;
  client: Client;
}
