import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

const [HEADER, TYPE_A] = [12, 1];

/** Name server (DNS) on a loopback address. All names have the address 127.0.0.1, and none in IPv6. */
export class NameServer {
  /** In ms, before each answer. */
  delay = 0;
  asked = 0;

  private constructor(private readonly socket: Socket) {
    socket.on('message', (question, { port, address }) => {
      this.asked++;
      setTimeout(() => socket.send(answerTo(question), port, address), this.delay).unref();
    });
  }

  /** Needs the right to listen at port 53. */
  static async start(address: string): Promise<NameServer> {
    const socket = createSocket('udp4').bind(53, address);
    await once(socket, 'listening');
    return new NameServer(socket);
  }

  stop(): void {
    this.socket.removeAllListeners('message').close();
  }
}

/** RFC 1035, section 4: header, question, and one record if an IPv4 address was asked for. */
function answerTo(question: Buffer): Buffer {
  const end = question.indexOf(0, HEADER) + 5; // name, type, class
  const isAsked = question.readUInt16BE(end - 4) === TYPE_A;
  const answer = Buffer.from(question.subarray(0, end));
  answer.writeUInt16BE(0x8180, 2); // an answer without an error, recursion available
  [1, isAsked ? 1 : 0, 0, 0].forEach((count, i) => answer.writeUInt16BE(count, 4 + 2 * i));
  const record = [0xc0, HEADER, 0, TYPE_A, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1];
  return Buffer.concat([answer, Buffer.from(isAsked ? record : [])]);
}
