"""Pure: the line in our mails above which the answer is to be written.

It is the same in every language, so that whoever reads the answer finds it again.
"""

REPLY_MARK = "## Reply above this line ##"
