import { ada, TestService } from './support/test-service.js';

describe('a session', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await TestService.start();
  });

  afterAll(() => service.stop());

  it('lets its user in until the logout, and not a moment longer', async () => {
    const { access_token } = await service.signUp();
    expect((await service.get('/users/me', access_token)).status).toBe(200);
    expect((await service.get('/users/me', access_token)).status).toBe(200);
    expect((await service.post('/auth/logout', undefined, access_token)).status).toBe(204);
    expect((await service.get('/users/me', access_token)).status).toBe(401);
    expect((await service.signIn(ada)).token_type).toBe('bearer');
  });
});
