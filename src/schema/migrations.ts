import type { MigrationInterface } from 'typeorm';
import { CreateUsers1795340000000 } from '../../migrations/1795340000000-CreateUsers.js';
import { AddUserActivation1795340000001 } from '../../migrations/1795340000001-AddUserActivation.js';
import { AddUserRoles1795340000002 } from '../../migrations/1795340000002-AddUserRoles.js';
import { AddUserFullName1795340000003 } from '../../migrations/1795340000003-AddUserFullName.js';
import { AddUserEmailVerification1795340000004 } from '../../migrations/1795340000004-AddUserEmailVerification.js';
import { CreateSessions1795340000005 } from '../../migrations/1795340000005-CreateSessions.js';
import { AddAccessChanges1795340000006 } from '../../migrations/1795340000006-AddAccessChanges.js';
import { CreateJobs1795340000020 } from '../../migrations/1795340000020-CreateJobs.js';
import { CreateAuditEvents1795341000000 } from '../../migrations/1795341000000-CreateAuditEvents.js';
import { CreateRateLimits1795343000000 } from '../../migrations/1795343000000-CreateRateLimits.js';
import { CreateOneTimeTokens1795344000000 } from '../../migrations/1795344000000-CreateOneTimeTokens.js';
import { AddUserDeletion1795345000000 } from '../../migrations/1795345000000-AddUserDeletion.js';
import { AddUserSearch1795345000001 } from '../../migrations/1795345000001-AddUserSearch.js';
import { CreateImportedUsers1795346000047 } from '../../migrations/1795346000047-CreateImportedUsers.js';
import { IndexUserLists1795346000063 } from '../../migrations/1795346000063-IndexUserLists.js';
import { AddCanonicalNames1795350000000 } from '../../migrations/1795350000000-AddCanonicalNames.js';
import { ConfirmSessionGenerations1795351000000 } from '../../migrations/1795351000000-ConfirmSessionGenerations.js';
import { KeepDevicesOfSessions1795351000001 } from '../../migrations/1795351000001-KeepDevicesOfSessions.js';
import { AddAccessGeneration1795352000000 } from '../../migrations/1795352000000-AddAccessGeneration.js';
import { CreateMailBudgets1795353000000 } from '../../migrations/1795353000000-CreateMailBudgets.js';
import { CreateAccountExports1795353000001 } from '../../migrations/1795353000001-CreateAccountExports.js';
import { AddDeactivationRank1795354000010 } from '../../migrations/1795354000010-AddDeactivationRank.js';
import { CreatePendingRegistrations1795354000020 } from '../../migrations/1795354000020-CreatePendingRegistrations.js';
import { CreateEmailUndos1795354000030 } from '../../migrations/1795354000030-CreateEmailUndos.js';
import { CreateInstallation1795355000000 } from '../../migrations/1795355000000-CreateInstallation.js';
import { AddSignInMethods1795356000000 } from '../../migrations/1795356000000-AddSignInMethods.js';
import { AddSecondFactorTime1795360000000 } from '../../migrations/1795360000000-AddSecondFactorTime.js';
import { CreateSecondFactors1795360000010 } from '../../migrations/1795360000010-CreateSecondFactors.js';
import { CreatePasskeys1795361000000 } from '../../migrations/1795361000000-CreatePasskeys.js';
import { CreateEmailCodes1795362000000 } from '../../migrations/1795362000000-CreateEmailCodes.js';
import { CreateIdentities1795363000000 } from '../../migrations/1795363000000-CreateIdentities.js';
import { AllowAccountsWithoutPassword1795363500000 } from '../../migrations/1795363500000-AllowAccountsWithoutPassword.js';
import { CreateApiKeys1795600000000 } from '../../migrations/1795600000000-CreateApiKeys.js';
import { AddServiceAccounts1795600000010 } from '../../migrations/1795600000010-AddServiceAccounts.js';
import { CreateWebhooks1795700000000 } from '../../migrations/1795700000000-CreateWebhooks.js';
import { IndexPendingDeliveries1795710000000 } from '../../migrations/1795710000000-IndexPendingDeliveries.js';
import { AddPasskeyDomain1795800000000 } from '../../migrations/1795800000000-AddPasskeyDomain.js';
import { CreateMailCounts1795810000000 } from '../../migrations/1795810000000-CreateMailCounts.js';
import { StoreNotices1795900000000 } from '../../migrations/1795900000000-StoreNotices.js';

/** Astra's migrations, oldest first. As with the entities, the type names none of them. */
export const migrations: (new () => MigrationInterface & { name: string })[] = [
  CreateUsers1795340000000,
  AddUserActivation1795340000001,
  AddUserRoles1795340000002,
  AddUserFullName1795340000003,
  AddUserEmailVerification1795340000004,
  CreateSessions1795340000005,
  AddAccessChanges1795340000006,
  CreateJobs1795340000020,
  CreateAuditEvents1795341000000,
  CreateRateLimits1795343000000,
  CreateOneTimeTokens1795344000000,
  AddUserDeletion1795345000000,
  AddUserSearch1795345000001,
  CreateImportedUsers1795346000047,
  IndexUserLists1795346000063,
  AddCanonicalNames1795350000000,
  ConfirmSessionGenerations1795351000000,
  KeepDevicesOfSessions1795351000001,
  AddAccessGeneration1795352000000,
  CreateMailBudgets1795353000000,
  CreateAccountExports1795353000001,
  AddDeactivationRank1795354000010,
  CreatePendingRegistrations1795354000020,
  CreateEmailUndos1795354000030,
  CreateInstallation1795355000000,
  AddSignInMethods1795356000000,
  AddSecondFactorTime1795360000000,
  CreateSecondFactors1795360000010,
  CreatePasskeys1795361000000,
  CreateEmailCodes1795362000000,
  CreateIdentities1795363000000,
  AllowAccountsWithoutPassword1795363500000,
  CreateApiKeys1795600000000,
  AddServiceAccounts1795600000010,
  CreateWebhooks1795700000000,
  IndexPendingDeliveries1795710000000,
  AddPasskeyDomain1795800000000,
  CreateMailCounts1795810000000,
  StoreNotices1795900000000,
];
