/** What the workers of tests check tokens with. */
export const JWT_SECRET = 'a-secret-of-the-tests-with-over-32-bytes';
