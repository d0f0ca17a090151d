UPDATE session SET client = 'chat-tui 0.1.0', used = 1767225699000 WHERE id = 'session-of-alice';
