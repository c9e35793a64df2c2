def recognises(first): return False
def entries(records): return []
