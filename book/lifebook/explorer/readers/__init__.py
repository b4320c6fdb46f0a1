"""What a page reads models and traces with: tables printed before scripts that follow them."""
