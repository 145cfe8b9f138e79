"""The Python interface: what `import babelmill` gives (pipeline/api), made of all the rooms below."""
