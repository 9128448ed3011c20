// What the application that is not ours keeps of each user beside the account, in a table of its own.
import { Body, Controller, Get, Injectable, Module, Patch } from '@nestjs/common';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { Expose } from 'class-transformer';
import { Length } from 'class-validator';
import {
  Column,
  Entity,
  JoinColumn,
  type MigrationInterface,
  OneToOne,
  PrimaryColumn,
  type QueryRunner,
  type Relation,
  Repository,
} from 'typeorm';
import {
  AccountEvents,
  Authenticated,
  CurrentUser,
  type Principal,
  User,
  UserRegistered,
  UsersModule,
} from '../../src/index.js';
import { HostPublic } from './guest-host.rules.js';

@Entity({ name: 'profiles' })
class Profile {
  @PrimaryColumn('uuid', { name: 'user_id', primaryKeyConstraintName: 'profiles_pkey' })
  userId: string;

  @OneToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'profiles_user_id_fkey' })
  user: Relation<User>;

  @Column('varchar', { length: 35 })
  language: string;
}

class CreateProfiles1795340000010 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`CREATE TABLE profiles (
      user_id uuid CONSTRAINT profiles_pkey PRIMARY KEY
        CONSTRAINT profiles_user_id_fkey REFERENCES auth_users (id) ON DELETE CASCADE,
      language varchar(35) NOT NULL
    )`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE profiles');
  }
}

export const profileEntities = [Profile];
export const profileMigrations = [CreateProfiles1795340000010];

/** Gives each new account its profile, in the transaction that makes the account. */
@Injectable()
class Profiles {
  constructor(
    @InjectRepository(Profile) readonly profiles: Repository<Profile>,
    events: AccountEvents,
  ) {
    events.before(UserRegistered, ({ userId }, tx) => tx.insert(Profile, { userId, language: 'en' }));
  }
}

class ProfileDto {
  @Expose()
  @Length(2, 35)
  language: string;
}

@Controller('profile')
@Authenticated()
class ProfileController {
  constructor(private readonly profiles: Profiles) {}

  @Get()
  @HostPublic()
  show(@CurrentUser() { userId }: Principal) {
    return this.profiles.profiles.findOneByOrFail({ userId });
  }

  @Patch()
  @HostPublic()
  async change(@CurrentUser() { userId }: Principal, @Body() { language }: ProfileDto) {
    await this.profiles.profiles.update({ userId }, { language });
  }
}

@Module({
  imports: [UsersModule, TypeOrmModule.forFeature([Profile])],
  controllers: [ProfileController],
  providers: [Profiles],
})
export class ProfilesModule {}
