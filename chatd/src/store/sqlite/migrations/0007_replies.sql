-- Finds what answers a message. Messages that answer none cost nothing here.
CREATE INDEX message_by_reply ON message (channel, reply_to) WHERE reply_to IS NOT NULL;
