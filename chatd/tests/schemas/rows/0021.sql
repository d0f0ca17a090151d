UPDATE registration SET source = '192.0.2.7' WHERE handle = 'frank';
