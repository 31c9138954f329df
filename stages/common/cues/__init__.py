"""What an object's score is made of: a file per cue.

A file here or in `tasks/` is a cue, and its name the cue's. All say PLACE, their place in the order of cues, and in
words: TITLE, as the page calls it, SAYS, what a high value says of an object, and MEANING, how it comes about. Beside
that each has what its kind needs:

- a proxy task, in `tasks/`: `head(architecture)`, what the network answers by; `loss(network, batch)`, a number to be
  made small; `score(network, batch)`, how badly the task fails on each object; LOGITS, whether that is a difference of
  two logits
- else one of: `of_features`, from what the network sees in a tube; `of_boxes`, from the boxes of the normal footage;
  `of_frames`, from the frames around an object
"""
