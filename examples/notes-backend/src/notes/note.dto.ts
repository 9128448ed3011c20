import { ApiProperty } from '@nestjs/swagger';
import { Length } from 'class-validator';
import type { Note } from './note.entity.js';

/** Input for a new note. */
export class NewNoteDto {
  @ApiProperty({ example: 'Buy milk', minLength: 1, maxLength: 1000 })
  @Length(1, 1000)
  text: string;
}

/** Note as shown. */
export class NoteDto {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ example: 'Buy milk' })
  text: string;

  @ApiProperty({ example: 'ada' })
  author: string;

  @ApiProperty()
  hidden: boolean;

  static from({ id, text, owner, isHidden }: Note): NoteDto {
    return { id, text, author: owner.username, hidden: isHidden };
  }
}
