"""A rig without hardware: motors, end switches, contacts and sensors behind gpiozero's mock pins."""
