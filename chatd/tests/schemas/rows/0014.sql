UPDATE notice SET by_reading = 1 WHERE kind = 'mention' AND cleared IS NOT NULL;
