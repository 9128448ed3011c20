import { Injectable } from '@nestjs/common';
import { ApiKeysService } from '../api-keys/api-keys.service.js';
import { ApiKeyDto } from '../api-keys/own/api-key.dto.js';
import { FactorDto } from '../factors/factor.dto.js';
import { FactorListService } from '../factors/own/factor-list.service.js';
import { PasskeyDto } from '../factors/passkeys/own/passkey.dto.js';
import { PasskeysService } from '../factors/passkeys/passkeys.service.js';
import { IdentitiesService } from '../providers/identities/identities.service.js';
import { ExportedIdentityDto } from '../providers/identities/identity.dto.js';

/** All factors, passkeys, identities and API keys of a user. */
export interface WaysIn {
  readonly factors: FactorDto[];
  readonly passkeys: PasskeyDto[];
  readonly identities: ExportedIdentityDto[];
  readonly api_keys: ApiKeyDto[];
}

/** Collects all data stored about the ways in of a user, for the export of the account. */
@Injectable()
export class ExportedWaysIn {
  constructor(
    private readonly factors: FactorListService,
    private readonly passkeys: PasskeysService,
    private readonly identities: IdentitiesService,
    private readonly apiKeys: ApiKeysService,
  ) {}

  /** Returns all of them: a user has few. */
  async of(userId: string): Promise<WaysIn> {
    return {
      factors: (await this.factors.allOf(userId)).map(FactorDto.from),
      passkeys: (await this.passkeys.allOf(userId)).map(PasskeyDto.from),
      identities: (await this.identities.allOf(userId)).map((identity) => ExportedIdentityDto.of(identity)),
      api_keys: (await this.apiKeys.allOf(userId)).map(ApiKeyDto.from),
    };
  }
}
