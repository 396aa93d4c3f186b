"""BERT Explorer: `streamlit run app.py`."""

import streamlit as st
from starlette.middleware import Middleware

from ui.scripts import ROUTES
from ui.security import SecurityHeaders

app = st.App("ui/main.py", middleware=[Middleware(SecurityHeaders)], routes=ROUTES)
