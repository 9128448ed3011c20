import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  HttpStatus,
  Param,
  ParseUUIDPipe,
  Post,
} from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Authenticated, CurrentUser, Permissions, type Principal, Public } from 'nestjs-astra';
import { NewNoteDto, NoteDto } from './note.dto.js';
import { NotesService } from './notes.service.js';

@ApiTags('Notes')
@Controller('notes')
@Authenticated()
export class NotesController {
  constructor(private readonly notes: NotesService) {}

  @Get()
  @Public()
  @ApiOkResponse({ type: [NoteDto] })
  async list(): Promise<NoteDto[]> {
    return (await this.notes.findVisible()).map(NoteDto.from);
  }

  @Get('mine')
  @ApiOkResponse({ type: [NoteDto] })
  async listMine(@CurrentUser() { userId }: Principal): Promise<NoteDto[]> {
    return (await this.notes.findOf(userId)).map(NoteDto.from);
  }

  @Post()
  @ApiCreatedResponse({ type: NoteDto })
  async write(@CurrentUser() { userId }: Principal, @Body() { text }: NewNoteDto): Promise<NoteDto> {
    return NoteDto.from(await this.notes.write(userId, text));
  }

  @Post(':id/hide')
  @Permissions('note:hide')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiNoContentResponse()
  async hide(@Param('id', ParseUUIDPipe) id: string): Promise<void> {
    await this.notes.hide(id);
  }

  @Delete('hidden')
  @Permissions('note:purge')
  @ApiOkResponse({ schema: { properties: { purged: { type: 'integer' } } } })
  async purge(): Promise<{ purged: number }> {
    return { purged: await this.notes.purgeHidden() };
  }
}
