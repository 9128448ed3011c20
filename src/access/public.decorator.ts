import { SetMetadata } from '@nestjs/common';

export const IS_PUBLIC = 'astra:public';
export const IS_OPTIONAL = 'astra:optional';

/** Anyone may call the route, signed in or not. */
export const Public = () => SetMetadata(IS_PUBLIC, true);
