"""Questions written by a language model, each verified against its source before it counts.

batches    passages shared out over parallel calls
prompts    what the model is told
items      its JSON, read item by item while it is being written
quotes     where a quote stands in a passage, word for word
rules      what makes an item unfit
acceptance no duplicates, even places of the key
writer     the rounds, and the last resort for what is missing
"""
