"""What a command found, as frozen dataclasses of plain numbers; how they are shown is the writers' business."""
