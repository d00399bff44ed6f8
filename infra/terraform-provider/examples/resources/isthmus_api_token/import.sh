# The secret was shown once, and stays unknown.
terraform import isthmus_api_token.pipeline apitoken_0198f0c2b7d07a3e8c9d2f4a5b6c7d8e
