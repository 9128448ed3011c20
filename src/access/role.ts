/** What a user may do, from most to least. */
export enum Role {
  Admin = 'admin',
  Moderator = 'moderator',
  User = 'user',
}
