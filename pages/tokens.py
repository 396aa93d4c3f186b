import streamlit as st

st.title("Tokens")
