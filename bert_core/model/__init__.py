"""BERT as published (Devlin et al. 2018), built from small layers that can show their work."""
