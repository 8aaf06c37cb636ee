"""Tell agents what concerns them: on the desk, by mail, in a chat, by SMS."""
