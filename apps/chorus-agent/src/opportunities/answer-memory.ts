import type { RoleClaim } from '@whoosh/council-contracts';

/** How many opportunities are remembered; the oldest is forgotten first. */
const REMEMBERED_ANSWERS = 5_000;

/** The answer to one opportunity: decided once, whichever door it came through first and however often it comes. */
export class Answer {
  private decided: Promise<RoleClaim> | undefined;
  private published: Promise<void> | undefined;
  private heard = false;

  /** @returns true the first time only */
  firstHeardFromNats(): boolean {
    const first = !this.heard;
    this.heard = true;
    return first;
  }

  /** The claim; `decide` runs once unless it fails. */
  decide(decide: () => Promise<RoleClaim>): Promise<RoleClaim> {
    return (this.decided ??= decide().catch((error: unknown) => {
      this.decided = undefined;
      throw error;
    }));
  }

  /** Publishes the claim; `publish` runs once unless it fails. */
  publish(publish: () => Promise<void>): Promise<void> {
    return (this.published ??= publish().catch((error: unknown) => {
      this.published = undefined;
      throw error;
    }));
  }
}

/** The answers that this process has given, by council and attempt. */
export class AnswerMemory {
  private readonly answers = new Map<string, Answer>();

  constructor(private readonly limit = REMEMBERED_ANSWERS) {}

  /** The answer to an attempt of a council; a blank one when it was not heard of. */
  of(councilId: string, attempt: number): Answer {
    const key = `${councilId}:${attempt}`;
    const known = this.answers.get(key);
    if (known !== undefined) return known;
    const blank = new Answer();
    this.answers.set(key, blank);
    if (this.answers.size > this.limit) {
      const [oldest] = this.answers.keys();
      if (oldest !== undefined) this.answers.delete(oldest);
    }
    return blank;
  }
}
