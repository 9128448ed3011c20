// What an application that is not ours does: it keeps notes, which belong to users of Astra.
import {
  Body,
  Controller,
  Get,
  Module,
  NotFoundException,
  Param,
  ParseIntPipe,
  Post,
  Req,
  UseFilters,
} from '@nestjs/common';
import { PassportModule } from '@nestjs/passport';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { Expose } from 'class-transformer';
import { Length } from 'class-validator';
import {
  Column,
  Entity,
  JoinColumn,
  ManyToOne,
  type MigrationInterface,
  PrimaryColumn,
  type QueryRunner,
  type Relation,
  Repository,
} from 'typeorm';
import { v7 as uuid } from 'uuid';
import {
  Authenticated,
  CurrentUser,
  type Principal,
  ProblemFilter,
  Public,
  Role,
  Roles,
  User,
  UsersModule,
  UsersService,
} from '../../src/index.js';
import { HostPublic } from './guest-host.rules.js';

@Entity({ name: 'notes' })
class Note {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'notes_pkey' })
  id: string;

  @Column('varchar', { length: 100 })
  text: string;

  @Column('uuid', { name: 'owner_id' })
  ownerId: string;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'owner_id', foreignKeyConstraintName: 'notes_owner_id_fkey' })
  owner: Relation<User>;
}

/** From the time before Astra moved in. */
class CreateLabels1600000000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query('CREATE TABLE labels (id uuid PRIMARY KEY, name text NOT NULL)');
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE labels');
  }
}

/** Made between two of Astra's, of which the first is all that it needs. */
class CreateNotes1795340000001 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`CREATE TABLE notes (
      id uuid CONSTRAINT notes_pkey PRIMARY KEY,
      text varchar(100) NOT NULL,
      owner_id uuid NOT NULL CONSTRAINT notes_owner_id_fkey REFERENCES auth_users (id) ON DELETE CASCADE
    )`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE notes');
  }
}

export const hostEntities = [Note];
export const hostMigrations = [CreateNotes1795340000001, CreateLabels1600000000000];

class NoteDto {
  @Expose()
  @Length(1, 100)
  text: string;
}

@Controller('notes')
export class NotesController {
  constructor(
    @InjectRepository(Note) private readonly notes: Repository<Note>,
    readonly users: UsersService,
  ) {}

  @Get('open')
  @HostPublic()
  open() {
    return 'for all';
  }

  @Get('number/:number')
  @HostPublic()
  number(@Param('number', ParseIntPipe) number: number) {
    return number;
  }

  @Get('broken')
  @HostPublic()
  broken() {
    throw new Error('a mistake of the host');
  }

  @Get('host')
  forUsersOfTheHost(@Req() { user }: { user?: object }) {
    return user;
  }

  /** Open to users of the host, and asks for one of Astra. */
  @Get('confused')
  confused(@CurrentUser() user: Principal) {
    return user;
  }

  @Post()
  @HostPublic()
  @Authenticated()
  async write(@Body() { text }: NoteDto, @CurrentUser() { userId }: Principal) {
    if (text === 'lost') throw new NotFoundException('an error of the host');
    return this.notes.save({ id: uuid(), text, ownerId: userId });
  }

  @Get('greeting')
  @HostPublic()
  @Authenticated({ optional: true })
  greeting(@CurrentUser() user: Principal | null) {
    return `Hello, ${user?.username ?? 'stranger'}`;
  }

  @Get('count')
  @HostPublic()
  @Roles(Role.Moderator, Role.Admin)
  count() {
    return this.notes.count();
  }

  @Get('owner/:id')
  @HostPublic()
  async owner(@Param('id') id: string) {
    return (await this.users.get(id)).username;
  }
}

/** Closed by Astra as a whole, but for its cover. */
@Controller('diary')
@Authenticated()
class DiaryController {
  @Get()
  @HostPublic()
  show(@CurrentUser() { username }: Principal, @Req() { user }: { user?: object }) {
    return { username, userOfTheHost: user ?? null };
  }

  @Get('key')
  @HostPublic()
  @UseFilters(ProblemFilter)
  key() {
    return 'under the doormat';
  }

  @Get('cover')
  @HostPublic()
  @Public()
  cover() {
    return 'for all';
  }
}

@Module({
  imports: [
    UsersModule,
    TypeOrmModule.forFeature([Note]),
    // How hosts set up their own guards; ours must not take it for theirs.
    PassportModule.register({ defaultStrategy: 'jwt', property: 'account', session: true }),
  ],
  controllers: [NotesController, DiaryController],
})
export class NotesModule {}
