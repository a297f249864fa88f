"""The fast reader: a guest's files straight from the image, without an appliance, read-only.

It answers only where it is certain. Whatever it does not know for sure, a flag, a journal to replay, a structure that
contradicts itself, makes it step aside (:class:`~wizard.fast.errors.StepAside`), and the appliance is asked instead.
Image formats, LVM, XFS and package databases rest on the dissect libraries (the optional extra ``fast``), which nothing
outside this package imports.
"""
