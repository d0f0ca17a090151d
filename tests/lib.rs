//! Empty: the stories are the test target.
