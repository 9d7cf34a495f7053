"""What every province needs before its first seller: units, texts, requirements, goods, the rules of the day."""
