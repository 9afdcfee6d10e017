import { formingConsumerName, statusConsumerName } from './consumer-names.js';
import { claimMessageId, deadLetterMessageId, formingMessageId, statusMessageId } from './message-ids.js';

describe('message ids', () => {
  it('come from the fact, so that publishing it again stores it once', () => {
    expect(formingMessageId('council-1', 2)).toBe('council-1:forming:2');
    expect(statusMessageId('council-1', 7)).toBe('council-1:status:7');
    expect(claimMessageId('council-1', 2, 'agent-1', 'instance-1')).toBe('council-1:claim:2:agent-1:instance-1');
    expect(deadLetterMessageId('CHORUS_COUNCILS', 12, 'agent-1')).toBe('dlq:CHORUS_COUNCILS:12:agent-1');
  });

  it('differ for a re-announcement and for a restarted agent', () => {
    expect(formingMessageId('council-1', 1)).not.toBe(formingMessageId('council-1', 2));
    expect(claimMessageId('council-1', 1, 'agent-1', 'a')).not.toBe(claimMessageId('council-1', 1, 'agent-1', 'b'));
  });
});

describe('consumer names', () => {
  it('belong to one process of one agent', () => {
    expect(formingConsumerName('agent-1', 'instance-1')).toBe('forming-agent-1-instance-1');
    expect(statusConsumerName('agent-1', 'instance-1')).toBe('status-agent-1-instance-1');
  });
});
