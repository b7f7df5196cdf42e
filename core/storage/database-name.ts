/** By itself, because a small page that only asks for it must not load the database with it. */
export const DATABASE_NAME = 'gatehouse';
